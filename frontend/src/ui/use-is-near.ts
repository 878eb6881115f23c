import { useEffect, useState, type RefObject } from 'react';

/** About two screens, also inside of what scrolls (browsers since 2024). */
const NEAR: IntersectionObserverInit & { scrollMargin: string } = {
  rootMargin: '1500px',
  scrollMargin: '1500px',
};

/** True from the moment that the element is near the screen: for what is expensive to load. */
export function useIsNear(element: RefObject<Element | null>): boolean {
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    const { current } = element;
    if (!current || isNear) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setIsNear(true);
    }, NEAR);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element, isNear]);
  return isNear;
}
